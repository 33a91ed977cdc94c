namespace Mlp.Training.Trees;

/// <summary>What replicas that grow trees together share out.</summary>
public enum TreeLearner
{
    /// <summary>Rows: each replica counts its own, and the histograms are added up. For many rows.</summary>
    Data,

    /// <summary>Rows, but only the histograms of the features that most replicas vote for are added up (<c>top_k</c> of each, 20): fewer bytes travel, and a split may be missed. For many features and a slow network.</summary>
    Voting,
}
