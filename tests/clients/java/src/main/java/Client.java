// SPDX-License-Identifier: BSL-1.0

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.genai.ResponseStream;
import com.google.genai.errors.ApiException;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.google.genai.types.ListModelsConfig;
import com.google.genai.types.Model;
import com.google.genai.types.Part;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.logging.LogManager;

/** Runs cases through com.google.genai: one JSON line a case on stdin, one JSON line an outcome on stdout. All of them at once. */
public final class Client {
  private static final ObjectMapper json = new ObjectMapper();

  /** What a program reads of an answer, or of one piece of a stream. */
  private static void observe(ObjectNode seen, GenerateContentResponse response) {
    response.promptFeedback().flatMap(feedback -> feedback.blockReason()).ifPresent(reason -> seen.put("block", reason.toString()));
    response.candidates().filter(candidates -> !candidates.isEmpty()).flatMap(candidates -> candidates.get(0).finishReason())
        .ifPresent(reason -> seen.put("finish", reason.toString()));
    ImmutableList<Part> parts = response.parts();
    if (parts == null) return;
    for (Part part : parts) {
      if (part.thought().orElse(false)) continue;
      part.text().ifPresent(text -> seen.put("text", seen.get("text").asText() + text));
      part.inlineData().flatMap(blob -> blob.data()).filter(data -> data.length > 0)
          .ifPresent(data -> seen.put("image", Base64.getEncoder().encodeToString(data)));
    }
  }

  private static void call(JsonNode asked, ObjectNode seen) {
    HttpOptions.Builder options = HttpOptions.builder().baseUrl(asked.get("base_url").asText());
    if (!asked.get("timeout_ms").isNull()) options.timeout(asked.get("timeout_ms").asInt());
    if (asked.get("retries").asText().equals("off")) options.retryOptions(HttpRetryOptions.builder().attempts(1).build());
    if (asked.get("retries").asText().equals("on")) options.retryOptions(HttpRetryOptions.builder().build());
    String model = asked.get("model").asText();
    String prompt = asked.get("prompt").asText();
    GenerateContentConfig config = GenerateContentConfig.builder().responseModalities("TEXT", "IMAGE").build();
    try (com.google.genai.Client client =
             com.google.genai.Client.builder().apiKey(asked.get("key").asText()).httpOptions(options.build()).build()) {
      switch (asked.get("call").asText()) {
        case "generate" -> observe(seen, client.models.generateContent(model, prompt, config));
        case "stream" -> {
          try (ResponseStream<GenerateContentResponse> stream = client.models.generateContentStream(model, prompt, config)) {
            for (GenerateContentResponse piece : stream) {
              seen.put("pieces", seen.get("pieces").asInt() + 1);
              observe(seen, piece);
            }
          }
        }
        case "count_tokens" -> seen.put("tokens", client.models.countTokens(model, prompt, null).totalTokens().orElse(0));
        case "list" -> {
          var names = seen.putArray("models");
          for (Model one : client.models.list(ListModelsConfig.builder().pageSize(2).build())) names.add(one.name().orElse(""));
        }
        default -> throw new IllegalStateException("there is no such call");
      }
    }
  }

  private static ObjectNode run(JsonNode asked) {
    ObjectNode seen = json.createObjectNode().put("outcome", "ok").put("text", "").put("pieces", 0);
    for (String empty : List.of("code", "status", "message", "image", "finish", "block")) seen.putNull(empty);
    seen.set("id", asked.get("id"));
    long begun = System.nanoTime();
    try {
      call(asked, seen);
    } catch (Exception error) {
      seen.put("outcome", error.getClass().getSimpleName()).put("message", error.getMessage());
      if (error instanceof ApiException api) seen.put("code", api.code()).put("status", api.status()).put("message", api.message());
      if (error.getCause() != null) seen.put("cause", error.getCause().toString());
    }
    return seen.put("seconds", (System.nanoTime() - begun) / 1e9);
  }

  public static void main(String[] arguments) throws Exception {
    LogManager.getLogManager().reset();
    List<Thread> running = new ArrayList<>();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode asked = json.readTree(line);
      Thread thread = new Thread(() -> {
        String seen = run(asked).toString();
        synchronized (json) {
          System.out.println(seen);
        }
      });
      thread.start();
      running.add(thread);
    }
    for (Thread thread : running) thread.join();
    System.exit(0);
  }
}
