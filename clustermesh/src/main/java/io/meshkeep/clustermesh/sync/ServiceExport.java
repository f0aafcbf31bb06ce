package io.meshkeep.clustermesh.sync;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/** The {@code serviceexports.multicluster.x-k8s.io} of the Multi-Cluster Services API: the service of its name. */
@Group("multicluster.x-k8s.io")
@Version("v1alpha1")
@Kind("ServiceExport")
@Plural("serviceexports")
final class ServiceExport extends SlimObject implements Namespaced {}
