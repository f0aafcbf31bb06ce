package io.meshkeep.store.mesh;

import java.util.List;
import java.util.StringJoiner;

/**
 * What labels must be like, in the syntax of Kubernetes' label selectors: requirements with commas between them, all of
 * which must hold.
 *
 * <ul>
 *   <li>{@code key}: there is such a label; {@code !key}: there is none
 *   <li>{@code key=value} or {@code key==value}; {@code key!=value}, also if there is no such label
 *   <li>{@code key in (a,b)}; {@code key notin (a,b)}, also if there is no such label
 * </ul>
 *
 * <p>A key may name its source, as in {@code k8s:app}; without one, or with {@code any:}, it stands for labels of every
 * source.
 */
public record LabelSelector(List<Requirement> requirements) {

    /** How a requirement compares. */
    public enum Operator {
        EXISTS,
        NOT_EXISTS,
        IN,
        NOT_IN
    }

    /**
     * One requirement.
     *
     * @param source the source of the labels that it is about, or null for all
     * @param values what is compared with, in order; empty for the operators about existence
     */
    public record Requirement(String source, String key, Operator operator, List<String> values) {
        /** Whether labels meet the requirement. */
        boolean matches(List<Label> labels) {
            boolean found = false;
            for (Label label : labels) {
                if (label.key().equals(key) && (source == null || label.source().equals(source))) {
                    if (values.isEmpty() || values.contains(label.value())) {
                        found = true;
                        break;
                    }
                }
            }
            return found == isPositive();
        }

        /** Whether a label must be there, so that the identities of that label are all that can match. */
        boolean isPositive() {
            return operator == Operator.EXISTS || operator == Operator.IN;
        }

        /** The requirement in the syntax that it is read from. */
        @Override
        public String toString() {
            String name = source == null ? key : source + ":" + key;
            return switch (operator) {
                case EXISTS -> name;
                case NOT_EXISTS -> "!" + name;
                case IN -> values.size() == 1 ? name + "=" + values.get(0) : name + " in " + list();
                case NOT_IN -> values.size() == 1 ? name + "!=" + values.get(0) : name + " notin " + list();
            };
        }

        private String list() {
            return "(" + String.join(",", values) + ")";
        }
    }

    /** The selector that all labels match. */
    public static final LabelSelector EVERYTHING = new LabelSelector(List.of());

    /**
     * Reads a selector; the empty text is the one that everything matches.
     *
     * @throws SelectorException saying at which character what was expected
     */
    public static LabelSelector parse(String text) throws SelectorException {
        return new LabelSelectorParser(text).parse();
    }

    /** Whether labels meet all requirements. */
    public boolean matches(List<Label> labels) {
        for (Requirement requirement : requirements) {
            if (!requirement.matches(labels)) {
                return false;
            }
        }
        return true;
    }

    /** The selector in the syntax that it is read from. */
    @Override
    public String toString() {
        StringJoiner joiner = new StringJoiner(",");
        requirements.forEach(requirement -> joiner.add(requirement.toString()));
        return joiner.toString();
    }
}
