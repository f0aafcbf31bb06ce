package io.meshkeep.certs;

import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Kubernetes secrets as YAML, in the form in which Cilium's own tools leave them. */
public final class SecretManifest {
    private SecretManifest() {}

    /** The secret of a certificate. */
    public static String of(
            String name, String namespace, Issued issued, List<X509Certificate> trusted, KeyFormat format) {
        Map<String, String> data = new LinkedHashMap<>();
        data.put("ca.crt", Pem.of(trusted));
        data.put("tls.crt", Pem.of(issued.chain()));
        data.put("tls.key", Pem.of(issued.key(), format));
        return manifest(name, namespace, "kubernetes.io/tls", data);
    }

    /** The secret of the authority. */
    public static String ofAuthority(CertificateAuthority authority, String namespace) {
        Map<String, String> data = new LinkedHashMap<>();
        data.put("ca.crt", Pem.of(authority.certificate()));
        data.put("ca.key", Pem.of(authority.own().key(), KeyFormat.PKCS8));
        return manifest(MeshSecret.AUTHORITY, namespace, "Opaque", data);
    }

    private static String manifest(String name, String namespace, String type, Map<String, String> data) {
        StringBuilder text = new StringBuilder()
                .append("---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: ")
                .append(name)
                .append("\n  namespace: ")
                .append(namespace)
                .append("\ntype: ")
                .append(type)
                .append("\ndata:\n");
        data.forEach((key, value) -> text.append("  ")
                .append(key)
                .append(": ")
                .append(Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.US_ASCII)))
                .append('\n'));
        return text.toString();
    }
}
