# Shortest paths, centrality, and a drawing.
# expect: {"path": [1, 2, 3], "length": 3.0, "rank": 2, "components": 2, "drawn": true}
import matplotlib.pyplot as plt
import networkx as nx

def main():
    g = nx.Graph()
    g.add_weighted_edges_from([(1, 2, 1.0), (2, 3, 2.0), (1, 3, 9.0)])
    rank = nx.pagerank(nx.star_graph(3))
    nx.draw(g, nx.spring_layout(g, seed=1), with_labels=True)
    drawn = len(plt.gca().texts) == 3
    plt.close("all")
    return {
        "path": nx.shortest_path(g, 1, 3, weight="weight"),
        "length": nx.shortest_path_length(g, 1, 3, weight="weight"),
        "rank": sorted(rank, key=rank.get)[-1] + 2,
        "components": nx.number_connected_components(nx.Graph([(1, 2), (3, 4)])),
        "drawn": drawn,
    }
