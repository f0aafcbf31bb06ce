package io.meshkeep.server.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import java.lang.management.ManagementFactory;

/** The process and its JVM: the client library's collectors, and the descriptor counts under etcd's own names. */
final class ProcessFamilies {
    private ProcessFamilies() {}

    static void register(Families families) {
        ProcessMetrics.builder().register(families.registry());
        JvmMemoryMetrics.builder().register(families.registry());
        JvmGarbageCollectorMetrics.builder().register(families.registry());
        JvmBufferPoolMetrics.builder().register(families.registry());
        JvmThreadsMetrics.builder().register(families.registry());
        JvmRuntimeInfoMetric.builder().register(families.registry());
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean os) {
            families.gauge("os_fd_used", "Open file descriptors.", os::getOpenFileDescriptorCount);
            families.gauge("os_fd_limit", "The limit of open file descriptors.", os::getMaxFileDescriptorCount);
        }
    }
}
