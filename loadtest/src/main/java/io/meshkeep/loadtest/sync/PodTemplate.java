package io.meshkeep.loadtest.sync;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The pods of a cluster as Cilium's agents write them into Kubernetes: CiliumEndpoints of some 2 KiB each, or
 * CiliumEndpointSlices with as many endpoints as Cilium puts into one. The same number gives the same pod.
 *
 * @param count how many; at most 2^24
 */
record PodTemplate(int count) {
    /** Cilium's {@code ces-max-ciliumendpoints-per-ces}. */
    static final int IN_SLICE = 100;

    private static final int PODS_OF_NODE = 100;
    private static final int IDENTITIES = 1000;
    private static final int FIRST_IDENTITY = 65536;

    private static final List<byte[]> ENDPOINT = pieces("""
            {"apiVersion":"cilium.io/v2","kind":"CiliumEndpoint","metadata":{"creationTimestamp":"2025-03-04T05:06:07Z",
            "generation":1,"labels":{"app.kubernetes.io/instance":"checkout","app.kubernetes.io/name":"checkout",
            "pod-template-hash":"7c5d9f8b6d","topology.kubernetes.io/zone":"eu-central-1a"},"managedFields":[{
            "apiVersion":"cilium.io/v2","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},
            "f:app.kubernetes.io/instance":{},"f:app.kubernetes.io/name":{},"f:pod-template-hash":{},
            "f:topology.kubernetes.io/zone":{}},"f:ownerReferences":{".":{},"k:{\\"uid\\":\\"%UID%\\"}":{}}},"f:status":{
            ".":{},"f:encryption":{},"f:external-identifiers":{".":{},"f:cni-attachment-id":{},"f:container-id":{},
            "f:k8s-namespace":{},"f:k8s-pod-name":{},"f:pod-name":{}},"f:id":{},"f:identity":{".":{},"f:id":{},
            "f:labels":{}},"f:networking":{".":{},"f:addressing":{},"f:node":{}},"f:state":{}}},
            "manager":"cilium-agent","operation":"Update","time":"2025-03-04T05:06:08Z"}],"name":"%NAME%",
            "namespace":"shop","ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"%NAME%","uid":"%UID%"}],
            "resourceVersion":"900","uid":"%UID%"},"status":{"encryption":{},"external-identifiers":{
            "cni-attachment-id":"3f8e0e7a1c5b9d2468ace013579bdf02468ace013579bdf02468ace013579bdf:eth0",
            "container-id":"3f8e0e7a1c5b9d2468ace013579bdf02468ace013579bdf02468ace013579bdf","k8s-namespace":"shop",
            "k8s-pod-name":"%NAME%","pod-name":"shop/%NAME%"},"id":1234,"identity":{"id":%IDENTITY%,"labels":[
            "k8s:app.kubernetes.io/instance=checkout","k8s:app.kubernetes.io/name=checkout",
            "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=shop",
            "k8s:io.cilium.k8s.policy.cluster=bench","k8s:io.cilium.k8s.policy.serviceaccount=checkout",
            "k8s:io.kubernetes.pod.namespace=shop"]},"networking":{"addressing":[{"ipv4":"%IP%"}],"node":"%NODE%"},
            "state":"ready"}}
            """);

    private static final List<byte[]> SLICE = pieces("""
            {"apiVersion":"cilium.io/v2alpha1","kind":"CiliumEndpointSlice","metadata":{
            "creationTimestamp":"2025-03-04T05:06:07Z","generation":7,"managedFields":[{
            "apiVersion":"cilium.io/v2alpha1","fieldsType":"FieldsV1","fieldsV1":{"f:endpoints":{},"f:namespace":{}},
            "manager":"cilium-operator-generic","operation":"Update","time":"2025-03-04T05:06:08Z"}],"name":"ces-%NAME%",
            "resourceVersion":"900","uid":"%UID%"},"namespace":"shop","endpoints":[
            """);

    private static final List<byte[]> CORE = pieces("""
            {"encryption":{},"id":%IDENTITY%,"name":"%NAME%","networking":{"addressing":[{"ipv4":"%IP%"}],
            "node":"%NODE%"}}
            """);

    private static final byte[] COMMA = ascii(",");
    private static final byte[] END = ascii("]}");

    /** Where text goes. */
    interface Sink {
        void add(byte[] piece) throws IOException;
    }

    int slices() {
        return (count + IN_SLICE - 1) / IN_SLICE;
    }

    void endpoint(int pod, Sink sink) throws IOException {
        fill(ENDPOINT, pod, sink);
    }

    void slice(int slice, Sink sink) throws IOException {
        fill(SLICE, slice, sink);
        int from = slice * IN_SLICE;
        int to = Math.min(count, from + IN_SLICE);
        for (int pod = from; pod < to; pod++) {
            if (pod > from) {
                sink.add(COMMA);
            }
            fill(CORE, pod, sink);
        }
        sink.add(END);
    }

    /** The pod's address. */
    static String ip(int pod) {
        return "10." + (pod >>> 16 & 0xff) + "." + (pod >>> 8 & 0xff) + "." + (pod & 0xff);
    }

    /** The pod that has the address. */
    static int pod(String ip) {
        int pod = 0;
        for (String part : ip.substring(ip.indexOf('.') + 1).split("\\.")) {
            pod = pod << 8 | Integer.parseInt(part);
        }
        return pod;
    }

    /** The value that Cilium writes under the pod's address. */
    static String value(int pod) {
        return "{\"IP\":\"" + ip(pod) + "\",\"Mask\":null,\"HostIP\":\"" + node(pod) + "\",\"ID\":" + identity(pod)
                + ",\"Key\":0,\"Metadata\":\"\",\"K8sNamespace\":\"shop\",\"K8sPodName\":\"" + name(pod) + "\"}";
    }

    private static String name(int pod) {
        return "checkout-7c5d9f8b6d-" + pod;
    }

    private static String node(int pod) {
        int node = pod / PODS_OF_NODE;
        return "172.18." + (node >>> 8 & 0xff) + "." + (node & 0xff);
    }

    private static int identity(int pod) {
        return FIRST_IDENTITY + pod % IDENTITIES;
    }

    /** Constant pieces and between them, at odd places, what is to be filled in. */
    private static List<byte[]> pieces(String template) {
        List<byte[]> pieces = new ArrayList<>();
        for (String piece : template.replace("\n", "").split("%", -1)) {
            pieces.add(ascii(piece));
        }
        return pieces;
    }

    private static void fill(List<byte[]> template, int number, Sink sink) throws IOException {
        for (int i = 0; i < template.size(); i++) {
            sink.add(
                    i % 2 == 0
                            ? template.get(i)
                            : ascii(filled(new String(template.get(i), StandardCharsets.US_ASCII), number)));
        }
    }

    private static String filled(String what, int number) {
        return switch (what) {
            case "NAME" -> name(number);
            case "IP" -> ip(number);
            case "NODE" -> node(number);
            case "IDENTITY" -> Integer.toString(identity(number));
            case "UID" -> String.format("6f1c2a7e-0b4d-4c8e-9a53-%012x", number);
            default -> throw new IllegalArgumentException(what);
        };
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
