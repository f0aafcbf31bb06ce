/** Who calls: passwords, tokens, certificates; and how users come into an empty store. What users may do is the store's. */
package io.meshkeep.server.auth;
