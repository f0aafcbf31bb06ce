package io.meshkeep.clustermesh.sync;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Map;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/**
 * A custom resource of which only what is needed is read. There are hundreds of thousands of some, and most of what
 * Kubernetes says of them is who wrote which field.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
// by its fields, not by looking its kind up, as the interface would have it
@JsonDeserialize(using = ValueDeserializer.None.class)
abstract class SlimObject implements HasMetadata {
    private Metadata metadata = new Metadata(null, null, null, null, null, null);

    /**
     * What is kept of an object's metadata.
     *
     * @param labels null if there are none, as is {@code annotations}
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Metadata(
            String name,
            String namespace,
            String resourceVersion,
            String creationTimestamp,
            Map<String, String> labels,
            Map<String, String> annotations) {}

    @JsonProperty("metadata")
    final void read(Metadata value) {
        metadata = value;
    }

    @JsonIgnore
    @Override
    public ObjectMeta getMetadata() {
        ObjectMeta meta = new ObjectMeta();
        meta.setName(metadata.name);
        meta.setNamespace(metadata.namespace);
        meta.setResourceVersion(metadata.resourceVersion);
        meta.setCreationTimestamp(metadata.creationTimestamp);
        meta.setLabels(metadata.labels);
        meta.setAnnotations(metadata.annotations);
        return meta;
    }

    @JsonIgnore
    @Override
    public void setMetadata(ObjectMeta value) {
        metadata = new Metadata(
                value.getName(),
                value.getNamespace(),
                value.getResourceVersion(),
                value.getCreationTimestamp(),
                value.getLabels(),
                value.getAnnotations());
    }

    final String name() {
        return metadata.name;
    }

    /** Null if its kind has none. */
    final String namespace() {
        return metadata.namespace;
    }

    /** As Kubernetes writes it; null if it is not known. */
    final String creationTimestamp() {
        return metadata.creationTimestamp;
    }

    @Override
    public String getApiVersion() {
        return HasMetadata.getApiVersion(getClass());
    }

    /** Is known without. */
    @Override
    public void setApiVersion(String value) {}

    @Override
    public String getKind() {
        return HasMetadata.getKind(getClass());
    }
}
