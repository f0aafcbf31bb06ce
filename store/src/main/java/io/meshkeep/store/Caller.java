package io.meshkeep.store;

/**
 * On whose behalf something is asked.
 *
 * @param user name of the user; empty if the caller showed no credentials
 * @param revision the auth revision that the credentials are of; 0 if there are none
 * @param exact whether the credentials are good for that revision only, as a signed token's are; others stay good until
 *     their user is removed or gets another password
 */
public record Caller(String user, long revision, boolean exact) {
    /** Who showed no credentials. */
    public static final Caller NOBODY = new Caller("", 0, false);

    /** The server itself: an expired lease, an automatic compaction, a program that has the store in its process. */
    public static final Caller SERVER = new Caller("", -1, false);

    /** Whether there is no user to check: it is the server's own doing. */
    boolean isServer() {
        return revision < 0;
    }
}
