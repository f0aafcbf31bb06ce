/** Answers about the mesh: lists, explanations, differences and watches, made from the store's indexes. */
package io.meshkeep.server.mesh;
