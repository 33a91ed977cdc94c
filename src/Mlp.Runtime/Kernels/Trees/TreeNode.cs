namespace Mlp.Runtime.Kernels.Trees;

/// <summary>One node of a tree as the file describes it.</summary>
/// <param name="Mode">What it asks.</param>
/// <param name="Feature">Column of the input.</param>
/// <param name="Threshold">The number that it compares with.</param>
/// <param name="TrueNode">Index of the node for yes.</param>
/// <param name="FalseNode">Index of the node for no.</param>
/// <param name="IsTrueForMissing">Whether NaN goes the way of yes.</param>
/// <param name="Leaf">What a leaf adds, in order; empty for others.</param>
internal sealed record TreeNode(
    TreeMode Mode, int Feature, double Threshold, int TrueNode, int FalseNode, bool IsTrueForMissing, IReadOnlyList<(int Target, double Weight)> Leaf);
