// SPDX-License-Identifier: BSL-1.0

// Runs cases through google.golang.org/genai: one JSON line a case on stdin, one JSON line an outcome on stdout. All of them at once.
package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/genai"
)

type request struct {
	ID        string `json:"id"`
	BaseURL   string `json:"base_url"`
	Key       string `json:"key"`
	Model     string `json:"model"`
	Call      string `json:"call"`
	Prompt    string `json:"prompt"`
	TimeoutMS *int64 `json:"timeout_ms"`
	Retries   string `json:"retries"`
}

type outcome struct {
	ID      string   `json:"id"`
	Outcome string   `json:"outcome"`
	Code    *int     `json:"code"`
	Status  *string  `json:"status"`
	Message *string  `json:"message"`
	Text    string   `json:"text"`
	Image   *string  `json:"image"`
	Finish  *string  `json:"finish"`
	Block   *string  `json:"block"`
	Pieces  int      `json:"pieces"`
	Tokens  int32    `json:"tokens"`
	Models  []string `json:"models"`
	Seconds float64  `json:"seconds"`
}

// What a program reads of an answer, or of one piece of a stream.
func (seen *outcome) observe(response *genai.GenerateContentResponse) {
	if feedback := response.PromptFeedback; feedback != nil && feedback.BlockReason != "" {
		seen.Block = genai.Ptr(string(feedback.BlockReason))
	}
	if len(response.Candidates) == 0 {
		return
	}
	candidate := response.Candidates[0]
	if candidate.FinishReason != "" {
		seen.Finish = genai.Ptr(string(candidate.FinishReason))
	}
	if candidate.Content == nil {
		return
	}
	for _, part := range candidate.Content.Parts {
		if part.Thought {
			continue
		}
		seen.Text += part.Text
		if part.InlineData != nil && len(part.InlineData.Data) > 0 {
			seen.Image = genai.Ptr(base64.StdEncoding.EncodeToString(part.InlineData.Data))
		}
	}
}

func call(asked request, seen *outcome) error {
	ctx := context.Background()
	options := genai.HTTPOptions{BaseURL: asked.BaseURL}
	if asked.TimeoutMS != nil {
		options.Timeout = genai.Ptr(time.Duration(*asked.TimeoutMS) * time.Millisecond)
	}
	if asked.Retries == "on" {
		options.RetryOptions = &genai.HTTPRetryOptions{}
	}
	client, err := genai.NewClient(ctx, &genai.ClientConfig{APIKey: asked.Key, Backend: genai.BackendGeminiAPI, HTTPOptions: options})
	if err != nil {
		return err
	}
	config := &genai.GenerateContentConfig{ResponseModalities: []string{"TEXT", "IMAGE"}}
	switch asked.Call {
	case "generate":
		response, err := client.Models.GenerateContent(ctx, asked.Model, genai.Text(asked.Prompt), config)
		if err != nil {
			return err
		}
		seen.observe(response)
	case "stream":
		for piece, err := range client.Models.GenerateContentStream(ctx, asked.Model, genai.Text(asked.Prompt), config) {
			if err != nil {
				return err
			}
			seen.Pieces++
			seen.observe(piece)
		}
	case "count_tokens":
		counted, err := client.Models.CountTokens(ctx, asked.Model, genai.Text(asked.Prompt), nil)
		if err != nil {
			return err
		}
		seen.Tokens = counted.TotalTokens
	case "list":
		page, err := client.Models.List(ctx, &genai.ListModelsConfig{PageSize: 2})
		for ; err == nil; page, err = page.Next(ctx) {
			for _, model := range page.Items {
				seen.Models = append(seen.Models, model.Name)
			}
		}
		if !errors.Is(err, genai.ErrPageDone) {
			return err
		}
	}
	return nil
}

func run(asked request) outcome {
	seen := outcome{ID: asked.ID, Outcome: "ok"}
	begun := time.Now()
	if err := call(asked, &seen); err != nil {
		var api genai.APIError
		if errors.As(err, &api) {
			seen.Outcome, seen.Code, seen.Status, seen.Message = "APIError", &api.Code, &api.Status, &api.Message
		} else {
			// Most errors here are wrapped in text; what a program can ask is what lies at the bottom.
			root := err
			for inner := errors.Unwrap(root); inner != nil; inner = errors.Unwrap(root) {
				root = inner
			}
			seen.Outcome, seen.Message = strings.TrimPrefix(fmt.Sprintf("%T", root), "*"), genai.Ptr(err.Error())
		}
	}
	seen.Seconds = time.Since(begun).Seconds()
	return seen
}

func main() {
	log.SetOutput(io.Discard)
	lines := bufio.NewScanner(os.Stdin)
	outcomes := json.NewEncoder(os.Stdout)
	var printing sync.Mutex
	var running sync.WaitGroup
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(64)
		}
		running.Add(1)
		go func() {
			defer running.Done()
			seen := run(asked)
			printing.Lock()
			defer printing.Unlock()
			outcomes.Encode(seen)
		}()
	}
	running.Wait()
}
