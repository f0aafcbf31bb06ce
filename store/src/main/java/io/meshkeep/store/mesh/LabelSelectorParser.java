package io.meshkeep.store.mesh;

import io.meshkeep.store.mesh.LabelSelector.Operator;
import io.meshkeep.store.mesh.LabelSelector.Requirement;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** Reads the syntax of {@link LabelSelector}. */
final class LabelSelectorParser {
    /** Longest selector in characters. */
    private static final int MAX_LENGTH = 16 << 10;

    private static final int MAX_REQUIREMENTS = 64;

    private final String text;
    private int at;

    LabelSelectorParser(String text) {
        this.text = text;
    }

    LabelSelector parse() throws SelectorException {
        if (text.length() > MAX_LENGTH) {
            throw new SelectorException("the label selector is longer than " + MAX_LENGTH + " characters");
        }
        List<Requirement> requirements = new ArrayList<>();
        skipSpace();
        if (at == text.length()) {
            return LabelSelector.EVERYTHING;
        }
        while (true) {
            requirements.add(requirement());
            if (requirements.size() > MAX_REQUIREMENTS) {
                throw wrong("at most " + MAX_REQUIREMENTS + " requirements");
            }
            if (at == text.length()) {
                return new LabelSelector(List.copyOf(requirements));
            }
            if (text.charAt(at) != ',') {
                throw wrong("a comma or the end");
            }
            at++;
            skipSpace();
        }
    }

    private Requirement requirement() throws SelectorException {
        if (take("!")) {
            skipSpace();
            return requirement(key(), Operator.NOT_EXISTS, List.of());
        }
        String key = key();
        if (at == text.length() || text.charAt(at) == ',') {
            return requirement(key, Operator.EXISTS, List.of());
        }
        if (take("==") || take("=")) {
            return requirement(key, Operator.IN, List.of(value()));
        }
        if (take("!=")) {
            return requirement(key, Operator.NOT_IN, List.of(value()));
        }
        int start = at;
        String operator = word();
        if (operator.equals("in")) {
            return requirement(key, Operator.IN, values());
        }
        if (operator.equals("notin")) {
            return requirement(key, Operator.NOT_IN, values());
        }
        at = start;
        throw wrong("a comma, =, ==, !=, in or notin after the key");
    }

    private static Requirement requirement(String key, Operator operator, List<String> values) {
        int colon = key.indexOf(':');
        String source = colon < 0 ? null : key.substring(0, colon);
        return new Requirement(
                source == null || source.equals("any") ? null : source, key.substring(colon + 1), operator, values);
    }

    private String key() throws SelectorException {
        int start = at;
        String key = word();
        if (key.isEmpty() || key.endsWith(":") || key.startsWith(":")) {
            at = start;
            throw wrong("the key of a label");
        }
        return key;
    }

    private String value() {
        skipSpace();
        return word();
    }

    private List<String> values() throws SelectorException {
        if (!take("(")) {
            throw wrong("( and values");
        }
        TreeSet<String> values = new TreeSet<>();
        while (true) {
            values.add(value());
            if (take(")")) {
                skipSpace();
                return List.copyOf(values);
            }
            if (!take(",")) {
                throw wrong("a comma or )");
            }
        }
    }

    /** A word, which may be empty, and the space after it. */
    private String word() {
        int start = at;
        while (at < text.length() && isWord(text.charAt(at))) {
            at++;
        }
        String word = text.substring(start, at);
        skipSpace();
        return word;
    }

    private static boolean isWord(char c) {
        return c > ' ' && c != ',' && c != '(' && c != ')' && c != '!' && c != '=' && c != '<' && c != '>' && c != 0x7f;
    }

    private boolean take(String expected) {
        if (!text.startsWith(expected, at)) {
            return false;
        }
        at += expected.length();
        return true;
    }

    private void skipSpace() {
        while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
            at++;
        }
    }

    private SelectorException wrong(String expected) {
        String found = at == text.length() ? "the end" : "\"" + text.charAt(at) + "\"";
        return new SelectorException(
                "label selector: at character " + (at + 1) + ": expected " + expected + ", found " + found);
    }
}
