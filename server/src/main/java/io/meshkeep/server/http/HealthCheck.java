package io.meshkeep.server.http;

import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * One named check of {@code /livez} or {@code /readyz}.
 *
 * @param name its name in paths, parameters and answers
 * @param run runs it without blocking; the stage never fails and holds what is wrong, if anything
 */
record HealthCheck(String name, Supplier<CompletionStage<Optional<String>>> run) {}
