package io.meshkeep.server.auth;

import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.meshkeep.store.AuthState;
import io.meshkeep.store.AuthUser;
import io.meshkeep.store.Caller;
import io.meshkeep.store.EtcdError;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Signed tokens (RFC 7519) with etcd's claims: the user, the auth revision at which the password was shown, and when the
 * token ends. The server keeps none of them, so any server with the key knows them, also after a restart; and a token is
 * good for its auth revision only, so every change of users voids all of them.
 */
final class JwtTokens implements Tokens {
    /** Tokens whose signature has been verified, so that a client's next call need not wait for that. */
    private static final int REMEMBERED = 4096;

    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();

    private final JwtSigner signer;
    private final Duration ttl;
    private final InstantSource clock;
    private final ConcurrentMap<String, Claims> verified = new ConcurrentHashMap<>();

    /**
     * @param revision the number in the token; anything below 1 is no revision
     * @param from not good before, seconds since the epoch
     * @param until not good from then on, seconds since the epoch
     */
    private record Claims(String username, long revision, double from, double until) {}

    JwtTokens(JwtSigner signer, Duration ttl, InstantSource clock) {
        this.signer = signer;
        this.ttl = ttl;
        this.clock = clock;
    }

    @Override
    public String issue(AuthUser user, AuthState auth, long appliedIndex) {
        if (!signer.canSign()) {
            throw EtcdError.TOKENS_NOT_SIGNED.exception();
        }
        String header = "{\"alg\":\"" + signer.method() + "\",\"typ\":\"JWT\"}";
        String claims = "{\"exp\":" + clock.instant().plus(ttl).getEpochSecond() + ",\"revision\":" + auth.revision()
                + ",\"username\":" + new JsonPrimitive(user.name()) + "}";
        String text = encode(header) + "." + encode(claims);
        return text + "." + ENCODER.encodeToString(signer.sign(text.getBytes(StandardCharsets.US_ASCII)));
    }

    private static String encode(String json) {
        return ENCODER.encodeToString(json.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Caller find(String token, AuthState auth) {
        Claims claims = verified.get(token);
        if (claims == null) {
            claims = verify(token);
            if (claims == null) {
                return null;
            }
            if (verified.size() >= REMEMBERED) {
                verified.clear();
            }
            verified.put(token, claims);
        }
        double now = clock.millis() / 1000.0;
        return now >= claims.from && now < claims.until ? new Caller(claims.username, claims.revision, true) : null;
    }

    private Claims verify(String token) {
        int first = token.indexOf('.');
        int second = token.indexOf('.', first + 1);
        if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) {
            return null;
        }
        try {
            // The method is ours to choose: a token that names another one may be signed with what is no secret.
            String method = method(new String(DECODER.decode(token.substring(0, first)), StandardCharsets.UTF_8));
            byte[] text = token.substring(0, second).getBytes(StandardCharsets.US_ASCII);
            if (!signer.method().name().equals(method)
                    || !signer.verify(text, DECODER.decode(token.substring(second + 1)))) {
                return null;
            }
            return claims(new String(DECODER.decode(token.substring(first + 1, second)), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException | IOException | IllegalStateException | JsonParseException malformed) {
            return null;
        }
    }

    private static String method(String json) throws IOException {
        JsonReader in = reader(json);
        String method = null;
        in.beginObject();
        while (in.hasNext()) {
            if (in.nextName().equals("alg") && in.peek() == JsonToken.STRING) {
                method = in.nextString();
            } else {
                in.skipValue();
            }
        }
        in.endObject();
        return method;
    }

    private static Claims claims(String json) throws IOException {
        JsonReader in = reader(json);
        String username = null;
        double revision = -1;
        double from = Double.NEGATIVE_INFINITY;
        double until = Double.POSITIVE_INFINITY;
        in.beginObject();
        while (in.hasNext()) {
            String name = in.nextName();
            if (name.equals("username") && in.peek() == JsonToken.STRING) {
                username = in.nextString();
            } else if (name.equals("revision") && in.peek() == JsonToken.NUMBER) {
                revision = in.nextDouble();
            } else if (name.equals("nbf")) {
                from = time(in);
            } else if (name.equals("exp")) {
                until = time(in);
            } else {
                in.skipValue();
            }
        }
        in.endObject();
        // Below 0 is no revision either: such numbers stand for something else here.
        return username == null || revision < 0 ? null : new Claims(username, (long) revision, from, until);
    }

    private static double time(JsonReader in) throws IOException {
        if (in.peek() != JsonToken.NUMBER) {
            throw new MalformedJsonException("a time is a number");
        }
        return in.nextDouble();
    }

    private static JsonReader reader(String json) {
        JsonReader in = new JsonReader(new StringReader(json));
        in.setStrictness(Strictness.STRICT);
        return in;
    }
}
