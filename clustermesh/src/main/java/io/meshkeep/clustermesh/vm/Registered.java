package io.meshkeep.clustermesh.vm;

import io.meshkeep.clustermesh.workload.RegisterNode;
import java.time.Duration;

/**
 * A VM as a store knows it.
 *
 * @param node what it wrote, or was answered
 * @param sinceHeartbeat how long ago its lease was renewed
 */
record Registered(RegisterNode node, Duration sinceHeartbeat) {}
