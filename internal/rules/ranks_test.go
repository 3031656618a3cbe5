package rules

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// decisionOfRanks has the order of imports as a numbered list.
const decisionOfRanks = "docs/decisions/081-why-the-house-is-as-it-is.md"

var (
	numberedLine = regexp.MustCompile(`(?m)^(\d+)\. (.*(?:\n {2,}.*)*)`)
	quotedText   = regexp.MustCompile("`([^`\n]+)`")
)

// expandBraces is a path with alternatives, a/{b,c}, as all the paths that it
// stands for.
func expandBraces(path string) []string {
	before, rest, found := strings.Cut(path, "{")
	list, after, closed := strings.Cut(rest, "}")
	if !found || !closed {
		return []string{path}
	}
	var all []string
	for choice := range strings.SplitSeq(list, ",") {
		all = append(all, expandBraces(before+strings.TrimSpace(choice)+after)...)
	}
	return all
}

// The list of decision 081 and the table are the same.
func TestRanksAreThoseOfTheDecision(t *testing.T) {
	page, err := os.ReadFile(decisionOfRanks)
	if err != nil {
		t.Fatal(err)
	}
	told, kept := map[string]int{}, map[string]int{}
	for _, line := range numberedLine.FindAllStringSubmatch(string(page), -1) {
		rank, _ := strconv.Atoi(line[1])
		for _, quoted := range quotedText.FindAllStringSubmatch(line[2], -1) {
			for _, dir := range expandBraces(quoted[1]) {
				if _, twice := told[dir]; twice {
					t.Errorf("%s: %s is in two lines", decisionOfRanks, dir)
				}
				told[dir] = rank
			}
		}
	}
	for _, r := range ranks {
		kept[r.dir] = r.rank
		if told[r.dir] != r.rank {
			t.Errorf("%s: %s is in line %d, its rank is %d", decisionOfRanks, r.dir, told[r.dir], r.rank)
		}
	}
	for dir := range told {
		if _, ok := kept[dir]; !ok {
			t.Errorf("%s: %s has no rank in tables_test.go", decisionOfRanks, dir)
		}
	}
	if !slices.IsSortedFunc(ranks, func(a, b ranked) int { return a.rank - b.rank }) {
		t.Error("the table is not in the order of ranks")
	}
}
