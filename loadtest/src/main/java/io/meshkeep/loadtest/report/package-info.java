/** What a run has found, for people and programs: tables, JSON, plots, and a page that holds them all. */
package io.meshkeep.loadtest.report;
