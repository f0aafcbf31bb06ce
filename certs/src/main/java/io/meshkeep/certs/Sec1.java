package io.meshkeep.certs;

import java.io.IOException;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;

/** The form of RFC 5915: it names the curve, which PKCS#8 keeps outside and Go's parser insists on. */
final class Sec1 {
    private Sec1() {}

    static byte[] encode(PrivateKeyInfo info) throws IOException {
        ECPrivateKey inner = ECPrivateKey.getInstance(info.parsePrivateKey());
        return new ECPrivateKey(
                        inner.getPrivateKey(), info.getPrivateKeyAlgorithm().getParameters(), inner.getPublicKey())
                .getEncoded();
    }
}
