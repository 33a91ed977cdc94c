using Apache.Arrow;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>A column of a record batch that brings a feature.</summary>
/// <param name="Array">The values.</param>
/// <param name="Index">Index of the feature.</param>
/// <param name="Status">What is known of the feature's own values; null when the batch does not say.</param>
/// <param name="ViewStatus">What is known of the rows of the feature's view; null when the batch does not say.</param>
/// <param name="Rule">What a null is.</param>
/// <param name="FirstRow">What the first row is in what the caller passed, for messages.</param>
internal readonly record struct SourceColumn(IArrowArray Array, int Index, UInt8Array? Status, UInt8Array? ViewStatus, NullRule Rule, long FirstRow);
