package gcp

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	anAudience = "https://pyexec.example"
	anAccount  = "pyexec-push@p.iam.gserviceaccount.com"
)

// google signs tokens and serves the keys to verify them with.
type google struct {
	key     *rsa.PrivateKey
	fetched atomic.Int64
	status  int
	err     error
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &google{key: key, status: http.StatusOK}
}

// RoundTrip answers a request for Google's keys.
func (g *google) RoundTrip(r *http.Request) (*http.Response, error) {
	g.fetched.Add(1)
	if g.err != nil {
		return nil, g.err
	}
	if r.URL.String() != "https://www.googleapis.com/oauth2/v3/certs" {
		return nil, errors.New("not the keys of service accounts: " + r.URL.String())
	}
	keys, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kid": "1", "kty": "RSA", "alg": "RS256", "use": "sig", "n": b64(g.key.N.Bytes()),
		"e": b64(big.NewInt(int64(g.key.E)).Bytes()),
	}}})
	return &http.Response{
		StatusCode: g.status, Status: http.StatusText(g.status), Request: r,
		Header: http.Header{"Cache-Control": {"public, max-age=3600"}},
		Body:   io.NopCloser(strings.NewReader(string(keys))),
	}, err
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// token is one of Google's, with changes to its head and its claims.
func (g *google) token(t *testing.T, head, claims map[string]any) string {
	t.Helper()
	h := map[string]any{"alg": "RS256", "typ": "JWT", "kid": "1"}
	c := map[string]any{
		"iss": "https://accounts.google.com", "aud": anAudience, "email": anAccount, "email_verified": true,
		"sub": "1", "azp": "1",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(h, head)
	maps.Copy(c, claims)
	var parts []string
	for _, part := range []any{h, c} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, b64(text))
	}
	signed := strings.Join(parts, ".")
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, g.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + b64(signature)
}

// withoutSignature is what Cloud Run passes on.
func withoutSignature(token string) string {
	return token[:strings.LastIndexByte(token, '.')+1] + cutOff
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

func TestPushTokens(t *testing.T) {
	g, stranger := newGoogle(t), newGoogle(t)
	tokens, err := NewPushTokens(t.Context(), anAudience, []string{"other@p.iam.gserviceaccount.com", anAccount}, g)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(name string, value any) http.Header { return bearer(g.token(t, nil, map[string]any{name: value})) }
	good := g.token(t, nil, nil)
	body := strings.Split(good, ".")
	for name, tt := range map[string]struct {
		header  http.Header
		refused string // empty for a token that is accepted
	}{
		"of the subscription":        {bearer(good), ""},
		"of another of the accounts": {claim("email", "other@p.iam.gserviceaccount.com"), ""},
		"scheme in small letters":    {http.Header{"Authorization": {"bearer " + good}}, ""},
		"of Google's older name":     {claim("iss", "accounts.google.com"), ""},
		"none":                       {http.Header{}, "one is needed"},
		"two": {http.Header{"Authorization": {"Bearer " + good, "Bearer " + good}},
			"one is needed"},
		"another scheme":         {http.Header{"Authorization": {"Basic " + good}}, "must be Bearer"},
		"none behind the scheme": {http.Header{"Authorization": {"Bearer"}}, "must be Bearer"},
		"no token":               {bearer("secret"), "no OpenID Connect token"},
		"of another audience":    {claim("aud", "https://other.example"), `audience: "https://other.example"`},
		"without an audience":    {claim("aud", ""), "audience"},
		"of another issuer":      {claim("iss", "https://evil.example"), `issuer: "https://evil.example"`},
		"expired":                {claim("exp", time.Now().Add(-time.Second).Unix()), "it has expired"},
		"without an end":         {claim("exp", nil), "it has expired"},
		"of another account": {claim("email", "mallory@p.iam.gserviceaccount.com"),
			`account: "mallory@p.iam`},
		"of the account in capitals": {claim("email", strings.ToUpper(anAccount)), "account"},
		"of no account":              {claim("email", nil), "names no account"},
		"of an account not verified": {claim("email_verified", false), "names no account"},
		"verified, in words":         {claim("email_verified", "true"), "names no account"},
		"signed by somebody else":    {bearer(stranger.token(t, nil, nil)), "its signature is not Google's"},
		"of a key that Google has not": {bearer(g.token(t, map[string]any{"kid": "2"}, nil)),
			"its signature is not Google's"},
		"changed": {bearer(g.token(t, nil,
			map[string]any{"sub": "2"})[:strings.LastIndexByte(good, '.')] + "." + body[2]), "token: "},
		"without a signature": {bearer(body[0] + "." + body[1] + "."), "its signature is not Google's"},
		"signature cut off":   {bearer(withoutSignature(good)), "see EVENTS_SIGNATURE"},
		"signed by nobody": {bearer(g.token(t, map[string]any{"alg": "none"}, nil)),
			`algorithm: "none": must be RS256`},
		"signed by a secret":         {bearer(g.token(t, map[string]any{"alg": "HS256"}, nil)), "must be RS256"},
		"short signature of a curve": {bearer(b64([]byte(`{"alg":"ES256","kid":"1"}`)) + "." + body[1] + "." + b64([]byte("short"))), "must be RS256"},
		"good beside another header": {http.Header{"Authorization": {"Bearer " + good},
			"X-Serverless-Authorization": {"Bearer x"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			refused, err := tokens.Check(t.Context(), tt.header)
			if err != nil || tt.refused == "" && refused != "" || !strings.Contains(refused, tt.refused) {
				t.Errorf("%q, %v; want %q", refused, err, tt.refused)
			}
		})
	}
	if n := g.fetched.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// Where Cloud Run verifies the signature, the token that it looked at counts.
func TestPlatformTokens(t *testing.T) {
	g := newGoogle(t)
	tokens, err := NewPlatformTokens(anAudience, []string{anAccount})
	if err != nil {
		t.Fatal(err)
	}
	push := withoutSignature(g.token(t, nil, nil))
	caller := withoutSignature(g.token(t, nil, map[string]any{"email": "mallory@p.iam.gserviceaccount.com"}))
	for name, tt := range map[string]struct {
		header  http.Header
		refused string
	}{
		"of the subscription":      {bearer(push), ""},
		"of somebody who may call": {bearer(caller), "mallory"},
		"forged beside a real one": {http.Header{"Authorization": {"Bearer " + push},
			"X-Serverless-Authorization": {"Bearer " + caller}}, "mallory"},
		"the other way round": {http.Header{"Authorization": {"Bearer " + caller},
			"X-Serverless-Authorization": {"Bearer " + push}}, ""},
		"beside an empty one": {http.Header{"Authorization": {"Bearer " + push},
			"X-Serverless-Authorization": {""}}, "must be Bearer"},
		"expired": {bearer(withoutSignature(g.token(t, nil, map[string]any{"exp": 1}))),
			"it has expired"},
		"of another audience": {bearer(withoutSignature(g.token(t, nil, map[string]any{"aud": "x"}))),
			"audience"},
		"none": {http.Header{}, "one is needed"},
	} {
		t.Run(name, func(t *testing.T) {
			refused, err := tokens.Check(t.Context(), tt.header)
			if err != nil || tt.refused == "" && refused != "" || !strings.Contains(refused, tt.refused) {
				t.Errorf("%q, %v; want %q", refused, err, tt.refused)
			}
		})
	}
	if g.fetched.Load() > 0 {
		t.Error("keys were fetched")
	}
}

// Without the keys there is no telling, which is not the sender's fault.
func TestPushTokensWithoutKeys(t *testing.T) {
	for name, change := range map[string]func(*google){
		"no way there": func(g *google) { g.err = errors.New("no route to host") },
		"a bad day":    func(g *google) { g.status = http.StatusBadGateway },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGoogle(t)
			change(g)
			tokens, err := NewPushTokens(t.Context(), anAudience, []string{anAccount}, g)
			if err != nil {
				t.Fatal(err)
			}
			if refused, err := tokens.Check(t.Context(), bearer(g.token(t, nil, nil))); err == nil || refused != "" {
				t.Errorf("%q, %v", refused, err)
			}
			g.err, g.status = nil, http.StatusOK
			if refused, err := tokens.Check(t.Context(), bearer(g.token(t, nil, nil))); err != nil || refused != "" {
				t.Errorf("once they are back: %q, %v", refused, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if refused, err := tokens.Check(ctx, bearer(g.token(t, nil, nil))); err != nil || refused != "" {
				t.Errorf("with the keys at hand: %q, %v", refused, err)
			}
		})
	}
}

// A check that would accept any token of Google's can't be made.
func TestPushTokensNeedBoth(t *testing.T) {
	for _, tt := range []struct {
		audience string
		accounts []string
	}{{"", []string{anAccount}}, {anAudience, nil}} {
		if _, err := NewPushTokens(t.Context(), tt.audience, tt.accounts, nil); err == nil {
			t.Errorf("%+v: accepted", tt)
		}
	}
}
