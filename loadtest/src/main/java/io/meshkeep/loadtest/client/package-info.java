/**
 * A client of any etcd that costs little: one event loop, calls without stubs, requests and answers as bytes. It shares
 * a machine with the server under test, so what it burns is missing there.
 */
package io.meshkeep.loadtest.client;
