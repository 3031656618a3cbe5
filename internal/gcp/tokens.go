package gcp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"
)

// PushTokens recognises the pushes of one's own subscriptions by the OpenID Connect
// token that Pub/Sub sends with them: in it Google states the audience, and the
// service account that it was issued to.
type PushTokens struct {
	audience string
	accounts []string
	// keys is nil when the platform has verified the signature.
	keys *idtoken.Validator
}

// issuers are what Google calls itself.
var issuers = []string{"https://accounts.google.com", "accounts.google.com"}

// NewPushTokens accepts tokens for audience of one of the accounts. The keys to
// verify them with come over transport; nil stands for the default one.
func NewPushTokens(ctx context.Context, audience string, accounts []string,
	transport http.RoundTripper) (*PushTokens, error) {
	p, err := NewPlatformTokens(audience, accounts)
	if err != nil {
		return nil, err
	}
	if transport == nil {
		transport = http.DefaultTransport
	}
	client := &http.Client{Transport: onlyOK{transport}, Timeout: keysWithin}
	if p.keys, err = idtoken.NewValidator(ctx, option.WithHTTPClient(client)); err != nil {
		return nil, fmt.Errorf("push tokens: %w", err)
	}
	return p, nil
}

// NewPlatformTokens is NewPushTokens for a service on Cloud Run that nobody may
// call without a token: Cloud Run verifies the signature there and cuts it off,
// so that a service can't use the token elsewhere. Anywhere else, and where
// everybody may call, whoever sends a token could say anything in it.
func NewPlatformTokens(audience string, accounts []string) (*PushTokens, error) {
	if audience == "" || len(accounts) == 0 {
		return nil, errors.New("push tokens: an audience and an account are needed: without them any token of " +
			"Google's would do")
	}
	return &PushTokens{audience: audience, accounts: accounts}, nil
}

// onlyOK makes an error of every reply but 200, so that keys that can't be fetched
// are not taken for a token that is not accepted.
type onlyOK struct{ next http.RoundTripper }

func (t onlyOK) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err == nil && resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, errors.New(resp.Status)
	}
	return resp, err
}

// Check looks at the token in the header of a request. refused says why it is
// not accepted, "" when it is. An error means that the keys can't be had.
func (p *PushTokens) Check(ctx context.Context, header http.Header) (refused string, err error) {
	token, refused := p.token(header)
	if refused != "" {
		return refused, nil
	}
	payload, err := idtoken.ParsePayload(token)
	if err != nil {
		return "token: it is no OpenID Connect token", nil
	}
	if refused := p.checkClaims(payload); refused != "" {
		return refused, nil
	}
	if p.keys == nil {
		return "", nil
	}
	switch algorithm, signature := parts(token); {
	case signature == cutOff:
		return "token: Cloud Run has cut its signature off: see EVENTS_SIGNATURE", nil
	case algorithm != "RS256": // the algorithm that Google signs with; the library panics on some others
		return fmt.Sprintf("token: algorithm: %.20q: must be RS256", algorithm), nil
	}
	if _, err := p.keys.Validate(ctx, token, p.audience); err != nil {
		if unreachable, ok := errors.AsType[*url.Error](err); ok {
			return "", fmt.Errorf("keys for push tokens: %w", unreachable)
		}
		return "token: its signature is not Google's", nil
	}
	return "", nil
}

// cutOff is what Cloud Run leaves of a signature.
const cutOff = "SIGNATURE_REMOVED_BY_GOOGLE"

// token takes the token out of the header. Where the platform verifies it, only the
// header that the platform has verified counts.
func (p *PushTokens) token(header http.Header) (token, refused string) {
	name := "Authorization"
	if p.keys == nil && len(header["X-Serverless-Authorization"]) > 0 {
		name = "X-Serverless-Authorization"
	}
	values := header[name]
	if len(values) != 1 {
		return "", "token: one is needed in the header Authorization: the push subscription has to have an " +
			"account to authenticate as"
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return "", "token: the header " + name + " must be Bearer and a token"
	}
	return strings.TrimSpace(token), ""
}

// checkClaims says what is wrong with the claims of the token.
func (p *PushTokens) checkClaims(payload *idtoken.Payload) (refused string) {
	email, _ := payload.Claims["email"].(string)
	verified, _ := payload.Claims["email_verified"].(bool)
	switch {
	case payload.Audience != p.audience:
		return fmt.Sprintf("token: audience: %.200q: is not EVENTS_AUDIENCE", payload.Audience)
	case !slices.Contains(issuers, payload.Issuer):
		return fmt.Sprintf("token: issuer: %.100q: is not Google", payload.Issuer)
	case time.Now().Unix() > payload.Expires:
		return "token: it has expired"
	case email == "" || !verified:
		return "token: it names no account that Google has verified"
	case !slices.Contains(p.accounts, email):
		return fmt.Sprintf("token: account: %.200q: is not one of EVENTS_ACCOUNTS", email)
	}
	return ""
}

// parts are the algorithm that a token names and its signature, as it stands.
func parts(token string) (algorithm, signature string) {
	head, rest, _ := strings.Cut(token, ".")
	_, signature, _ = strings.Cut(rest, ".")
	var named struct {
		Algorithm string `json:"alg"`
	}
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || json.Unmarshal(text, &named) != nil {
		return "", signature
	}
	return named.Algorithm, signature
}
