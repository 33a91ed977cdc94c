namespace Mlp.Spark.Commands;

/// <summary>An answer of a model. Immutable.</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="Type">
/// Type of the column, as Spark writes it: <c>double</c> or <c>float</c> for scores and probabilities, <c>int</c> or <c>bigint</c> for a class, <c>string</c> for a label, <c>array&lt;double></c> or
/// <c>array&lt;float></c> for all probabilities.
/// </param>
/// <param name="Value">
/// What it holds: <c>score</c>, <c>predicted_class</c>, <c>predicted_label</c>, <c>probabilities</c>, or <c>probability_</c> and the name of a class; null for what is called like the column.
/// </param>
internal sealed record OutputColumn(string Name, string Type, string? Value = null);
