package io.meshkeep.loadtest.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EndpointApiTest {
    private static final Pattern LIST = Pattern.compile("(.*\"continue\":\"([0-9]*)\"},\"items\":\\[)(.*)]}");
    private static final Pattern ADDRESS = Pattern.compile("\"ipv4\":\"([^\"]+)\"");

    private static Matcher list(EndpointApi api, String path, String query) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(api.url() + path + query)).build();
        String body = HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
        Matcher matcher = LIST.matcher(body);
        assertThat(matcher.matches()).as(body).isTrue();
        return matcher;
    }

    private static List<Integer> pods(String items) {
        List<Integer> pods = new ArrayList<>();
        Matcher matcher = ADDRESS.matcher(items);
        while (matcher.find()) {
            pods.add(PodTemplate.pod(matcher.group(1)));
        }
        return pods;
    }

    private static List<Integer> upTo(int count) {
        List<Integer> pods = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pods.add(i);
        }
        return pods;
    }

    @Test
    void pagesTogetherAreTheWholeList() throws Exception {
        try (EndpointApi api = new EndpointApi(new PodTemplate(25), false)) {
            String path = "apis/cilium.io/v2/ciliumendpoints";
            String whole = list(api, path, "").group(3);
            assertThat(pods(whole)).isEqualTo(upTo(25));
            List<String> pages = new ArrayList<>();
            String next = "0";
            while (!next.isEmpty()) {
                Matcher page = list(api, path, "?limit=10&continue=" + next);
                pages.add(page.group(3));
                next = page.group(2);
            }
            assertThat(pages).hasSize(3);
            assertThat(String.join(",", pages)).isEqualTo(whole);
        }
    }

    @Test
    void slicesHoldTheSamePods() throws Exception {
        try (EndpointApi api = new EndpointApi(new PodTemplate(250), true)) {
            String slices = list(api, "apis/cilium.io/v2alpha1/ciliumendpointslices", "")
                    .group(3);
            assertThat(pods(slices)).isEqualTo(upTo(250));
            assertThat(slices.split("\"kind\":\"CiliumEndpointSlice\"", -1)).hasSize(4);
            assertThat(list(api, "apis/cilium.io/v2/ciliumendpoints", "").group(3))
                    .isEmpty();
        }
    }

    @Test
    void anAddressTellsItsPod() {
        for (int pod : new int[] {0, 1, 255, 256, 65_535, 65_536, 299_999, (1 << 24) - 1}) {
            assertThat(PodTemplate.pod(PodTemplate.ip(pod))).isEqualTo(pod);
        }
    }
}
