"""Verifies a failspec certificate without failspec: DSSE v1, Ed25519, in-toto Statement v1.

    python3 verify.py CERTIFICATE PUBLIC_KEY REPORT

Needs the package cryptography. Exit code 0 if the signature is that of the key over the exact payload and the report is
the one that the statement is about; 1 if not.
"""

import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def pae(payload_type: bytes, payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type, len(payload), payload)


def main(certificate: str, public_key: str, report: str) -> int:
    with open(certificate, "rb") as file:
        envelope = json.load(file)
    with open(public_key, "rb") as file:
        key = load_pem_public_key(file.read())
    if not isinstance(key, Ed25519PublicKey):
        print("no Ed25519 key")
        return 1
    payload = base64.b64decode(envelope["payload"], validate=True)
    signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
    try:
        key.verify(signature, pae(envelope["payloadType"].encode(), payload))
    except InvalidSignature:
        print("the signature is not that of this key")
        return 1
    statement = json.loads(payload)
    with open(report, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    if statement["_type"] != "https://in-toto.io/Statement/v1" or statement["subject"][0]["digest"]["sha256"] != digest:
        print("it is about another report")
        return 1
    predicate = statement["predicate"]
    print(predicate["profile"], predicate["result"])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
