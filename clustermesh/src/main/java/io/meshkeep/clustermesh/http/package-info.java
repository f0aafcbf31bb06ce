/** The ports on which a process tells how it is. */
package io.meshkeep.clustermesh.http;
