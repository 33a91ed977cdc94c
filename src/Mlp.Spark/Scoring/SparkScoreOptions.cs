using System.Collections.ObjectModel;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Scoring;

namespace Mlp.Spark.Scoring;

/// <summary>What a scored table holds and where the features come from. Immutable; the defaults fit most uses.</summary>
public sealed record SparkScoreOptions
{
    /// <summary>The options that are used where none are given.</summary>
    public static SparkScoreOptions Default { get; } = new();

    /// <summary>The columns of the table that the result has too, in this order; null for all of them.</summary>
    /// <value>The default value is null.</value>
    public IReadOnlyList<string>? Keep { get; init; }

    /// <summary>Columns by feature. A feature that is not named comes from the column that is called like it; an input matrix, or a vector, comes from one column of arrays or of ml vectors.</summary>
    /// <value>The default value is empty.</value>
    public IReadOnlyDictionary<string, string> Columns { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Whether the result has the index of the predicted class, <c>predicted_class</c>; classifiers only.</summary>
    /// <value>The default value is false.</value>
    public bool IncludeClass { get; init; }

    /// <summary>Whether the result has the name of the predicted class, <c>predicted_label</c>; classifiers only.</summary>
    /// <value>The default value is false.</value>
    public bool IncludeLabel { get; init; }

    /// <summary>Whether and how the result has the probabilities of all classes.</summary>
    /// <value>The default value is <see cref="ClassProbabilities.None"/>.</value>
    public ClassProbabilities Probabilities { get; init; }

    /// <summary>How the names of the columns that scoring adds begin, for two models over one table.</summary>
    /// <value>The default value is empty: <c>score</c>.</value>
    public string Prefix { get; init; } = string.Empty;

    /// <summary>
    /// Whether numbers that a float32 feature cannot hold exactly are rounded to the nearest that it can. Without it columns of double, decimal, int and bigint are refused for such a feature, as in this process.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool RoundToFloat32 { get; init; }

    /// <summary>What happens where a feature has no value: a null, or a vector of another length than the model's or with a null among its elements. Null for what the model was made for.</summary>
    /// <value>The default value is null.</value>
    public NullOptions? Nulls { get; init; }

    /// <summary>Whether the answers of a row with a null among its features are null. <see cref="Nulls"/> can then except single features, and has no policy for all of them.</summary>
    /// <value>The default value is false.</value>
    public bool PropagateNulls { get; init; }

    /// <summary>
    /// Whether the on-demand views of the model's feature service are computed in the worker, from the columns of a request. Null computes a view unless the table has all of its features as columns. True computes
    /// all of them, false none. A function that is registered, and a column that names its arguments, take the features themselves.
    /// </summary>
    /// <value>The default value is null.</value>
    public bool? ComputeOnDemand { get; init; }

    /// <summary>Whether ONNX Runtime runs the model in any case, and no managed kernel stands in for it.</summary>
    /// <value>The default value is false.</value>
    public bool OnnxRuntimeOnly { get; init; }
}
