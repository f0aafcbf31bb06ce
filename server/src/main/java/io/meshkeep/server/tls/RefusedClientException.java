package io.meshkeep.server.tls;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;

/** A client's certificate was refused: which, and why in plain words. */
final class RefusedClientException extends CertificateException {
    private static final long serialVersionUID = 1L;

    private final transient List<X509Certificate> chain;

    RefusedClientException(List<X509Certificate> chain, List<String> reasons, Throwable cause) {
        super(String.join("; ", reasons), cause);
        this.chain = chain;
    }

    List<X509Certificate> chain() {
        return chain;
    }
}
