package io.meshkeep.clustermesh.sync;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/** A custom resource of which only what is needed is read, and kept. There are tens of thousands of some. */
@JsonIgnoreProperties(ignoreUnknown = true)
// by its fields, not by looking its kind up, as the interface would have it
@JsonDeserialize(using = ValueDeserializer.None.class)
abstract class SlimObject implements HasMetadata {
    private String apiVersion = HasMetadata.getApiVersion(getClass());
    private ObjectMeta metadata = new ObjectMeta();

    @Override
    public ObjectMeta getMetadata() {
        return metadata;
    }

    @Override
    public void setMetadata(ObjectMeta value) {
        metadata = value;
        if (value != null) {
            value.setManagedFields(List.of());
        }
    }

    @Override
    public String getApiVersion() {
        return apiVersion;
    }

    @Override
    public void setApiVersion(String value) {
        apiVersion = value;
    }

    @Override
    public String getKind() {
        return HasMetadata.getKind(getClass());
    }
}
