package io.meshkeep.server.auth;

import io.meshkeep.server.GoDuration;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Makes the tokens that {@code --auth-token} asks for, in etcd's syntax: a kind, and options after commas. */
public final class TokenFactory {
    private static final Set<String> OPTIONS = Set.of("sign-method", "pub-key", "priv-key", "ttl");

    private TokenFactory() {}

    /**
     * @param spec the flag's value
     * @param simpleTtl how long an unused simple token is good
     * @throws IllegalArgumentException with one line that says what is wrong with it
     */
    public static Tokens tokens(String spec, Duration simpleTtl) {
        String[] parts = spec.split(",", -1);
        if (spec.isEmpty() || parts[0].equals("simple")) {
            return new SimpleTokens(simpleTtl, System::nanoTime);
        }
        if (!parts[0].equals("jwt")) {
            throw new IllegalArgumentException("auth-token \"" + parts[0] + "\" is neither simple nor jwt");
        }
        Map<String, String> options = new HashMap<>();
        for (String option : Arrays.asList(parts).subList(1, parts.length)) {
            String[] pair = option.split("=", -1);
            if (pair.length != 2 || !OPTIONS.contains(pair[0]) || options.put(pair[0], pair[1]) != null) {
                throw new IllegalArgumentException("auth-token option \"" + option + "\" is not one of " + OPTIONS
                        + " with a value, or it stands there twice");
            }
        }
        return new JwtTokens(
                JwtSigner.of(
                        method(options.getOrDefault("sign-method", "")),
                        options.getOrDefault("priv-key", ""),
                        options.getOrDefault("pub-key", "")),
                ttl(options.getOrDefault("ttl", "")),
                InstantSource.system());
    }

    private static SigningMethod method(String name) {
        return Arrays.stream(SigningMethod.values())
                .filter(method -> method.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("auth-token sign-method \"" + name + "\" is not one of "
                        + Arrays.toString(SigningMethod.values())));
    }

    private static Duration ttl(String text) {
        if (text.isEmpty()) {
            return Duration.ofMinutes(5);
        }
        try {
            return GoDuration.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("auth-token ttl: " + e.getMessage(), e);
        }
    }
}
