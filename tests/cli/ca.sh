# ca.sh - a certificate authority in $state/ca, sourced by tests: request_of NAME [KEY OPTION], sign NAME, crl.
ca=$state/ca
if [ ! -e "$ca" ]; then
mkdir "$ca"
cat >"$ca/conf" <<C
[ca]
default_ca = d
[d]
database = $ca/index
serial = $ca/serial
crlnumber = $ca/crlnumber
new_certs_dir = $ca
certificate = $ca/ca.pem
private_key = $ca/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = p
copy_extensions = copy
[p]
commonName = supplied
[req]
distinguished_name = dn
[dn]
[v3_ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[person]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
C
: >"$ca/index"; echo 1000 >"$ca/serial"; echo 01 >"$ca/crlnumber"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$ca/ca.key" -out "$ca/ca.pem" -days 60 -subj "/CN=Test CA" \
	-config "$ca/conf" -extensions v3_ca 2>/dev/null
fi
# request_of NAME: a key and a request for NAME@demo.example; sign NAME: its certificate.
request_of() {
	openssl req -new -newkey "${2:-rsa:2048}" ${3:+-pkeyopt "$3"} -nodes -keyout "$ca/$1.key" -out "$ca/$1.csr" \
		-subj "/CN=$1" -addext "subjectAltName=email:$1@demo.example" -config "$ca/conf" 2>/dev/null
}
sign() { openssl ca -batch -config "$ca/conf" -extensions person -in "$ca/$1.csr" -out "$ca/$1.pem" -notext >/dev/null 2>&1; }
crl() { openssl ca -config "$ca/conf" -gencrl -out "$ca/ca.crl" 2>/dev/null; }
