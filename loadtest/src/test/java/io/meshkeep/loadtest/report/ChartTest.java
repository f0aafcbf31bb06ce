package io.meshkeep.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ChartTest {
    private static final LineChart LINES = new LineChart(
            "put & more",
            "keys",
            "1/s",
            true,
            false,
            List.of(
                    new LineChart.Line(
                            "ours", List.of(new LineChart.Point(10_000, 30_000), new LineChart.Point(1e6, 29_000))),
                    new LineChart.Line(
                            "etcd", List.of(new LineChart.Point(10_000, 12_000), new LineChart.Point(1e6, 9_000)))));

    @TempDir
    Path directory;

    private static BarChart bars() {
        Map<String, Double> ratios = new LinkedHashMap<>();
        ratios.put("faster", 4.0);
        ratios.put("slower", 0.5);
        return new BarChart("ours to etcd", ratios);
    }

    private static Document parse(Chart chart) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(chart.svg().getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void svgIsWellFormedAndSaysWhatItShows() throws Exception {
        Document svg = parse(LINES);
        assertThat(svg.getDocumentElement().getTextContent())
                .contains("put & more", "ours", "etcd", "10k", "1M", "30k");
        assertThat(svg.getElementsByTagName("circle").getLength()).isEqualTo(4);
    }

    @Test
    void betterAndWorseLieOnOppositeSidesOfOne() throws Exception {
        Document svg = parse(bars());
        Element better = (Element) svg.getElementsByTagName("rect").item(0);
        Element worse = (Element) svg.getElementsByTagName("rect").item(1);
        double one = Double.parseDouble(better.getAttribute("x"));
        assertThat(Double.parseDouble(worse.getAttribute("x")) + Double.parseDouble(worse.getAttribute("width")))
                .isEqualTo(one, org.assertj.core.api.Assertions.within(0.2));
        // four times as good is twice as far as half as good
        assertThat(Double.parseDouble(better.getAttribute("width")))
                .isEqualTo(
                        2 * Double.parseDouble(worse.getAttribute("width")),
                        org.assertj.core.api.Assertions.within(0.3));
    }

    @Test
    void pngHasTheColoursOfBoth() throws Exception {
        Path file = directory.resolve("bars.png");
        bars().png(file);
        BufferedImage image = ImageIO.read(file.toFile());
        long ours = 0;
        long etcd = 0;
        for (int x = 0; x < image.getWidth(); x++) {
            for (int y = 0; y < image.getHeight(); y++) {
                int colour = image.getRGB(x, y);
                ours += colour == Chart.colour("ours").getRGB() ? 1 : 0;
                etcd += colour == Chart.colour("etcd").getRGB() ? 1 : 0;
            }
        }
        assertThat(ours).isGreaterThan(100);
        assertThat(etcd).isGreaterThan(100);
    }

    @Test
    void aPlotOfNothingIsNoError() throws Exception {
        parse(new LineChart("empty", "x", "y", true, true, List.of()));
        parse(new BarChart("empty", Map.of()));
    }

    @Test
    void aPageIsWholeAndEscapes() throws Exception {
        Path file = directory.resolve("report.html");
        new Html("a < b")
                .facts(List.of("2 processors"))
                .table(List.of("what", "ratio"), List.of(List.of("<put>", "2.50"), List.of("list", "0.50")), 1)
                .plots(List.of(LINES, bars()))
                .write(file);
        String page = Files.readString(file);
        assertThat(page)
                .contains(
                        "<title>a &lt; b</title>",
                        "&lt;put&gt;",
                        "<td class=\"better\">2.50",
                        "<td class=\"worse\">0.50")
                .containsPattern("(?s)<svg.*</svg>.*<svg.*</svg>")
                .doesNotContain("<put>", "src=", "href=");
    }
}
