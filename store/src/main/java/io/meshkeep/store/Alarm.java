package io.meshkeep.store;

import io.meshkeep.proto.AlarmType;

/**
 * A raised alarm.
 *
 * @param memberId the member that it was raised for; a client may name any
 */
public record Alarm(long memberId, AlarmType type) {}
