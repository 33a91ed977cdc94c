using System.Text.Json.Serialization;
using Mlp.Runtime.Data;
using Mlp.Training.Preprocessing.Categories;
using Mlp.Training.Preprocessing.Dates;
using Mlp.Training.Preprocessing.Numbers;
using Mlp.Training.Preprocessing.Texts;

namespace Mlp.Training.Preprocessing;

/// <summary>
/// What was learned of the features that are treated alike: it encodes them here and writes the same rule as ONNX nodes, whose number does not grow with the number of its features.
/// Holds nothing but what its JSON holds. Immutable and thread-safe.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(NumbersBlock), "numbers")]
[JsonDerivedType(typeof(QuantileBlock), "quantiles")]
[JsonDerivedType(typeof(BucketBlock), "buckets")]
[JsonDerivedType(typeof(OneHotBlock), "one_hot")]
[JsonDerivedType(typeof(CategoryValuesBlock), "category_values")]
[JsonDerivedType(typeof(CategoryHashBlock), "category_hash")]
[JsonDerivedType(typeof(CategoryIdsBlock), "category_ids")]
[JsonDerivedType(typeof(DatesBlock), "dates")]
[JsonDerivedType(typeof(TextsBlock), "texts")]
internal abstract class EncodedBlock
{
    /// <summary>What a row becomes.</summary>
    /// <param name="layout">The features.</param>
    public abstract BlockShape ShapeOf(FeatureRowLayout layout);

    /// <summary>Features that the reference profile counts by value instead of binning them.</summary>
    [JsonIgnore]
    public virtual IEnumerable<int> CodeColumns => [];

    /// <summary>Applies the rule as a served model does.</summary>
    /// <param name="table">Rows.</param>
    /// <param name="rows">Where they go; floats and ids are 0, and no slot is set.</param>
    public abstract void Encode(FeatureTable table, BlockRows rows);

    /// <summary>Applies the rule to a table whose first rows it was learned from. Differs where a row's label has entered what was learned of its category.</summary>
    /// <param name="table">Rows.</param>
    /// <param name="learnedCount">How many of them, from the first, it was learned from.</param>
    /// <param name="rows">Where they go.</param>
    public virtual void EncodeLearned(FeatureTable table, int learnedCount, BlockRows rows) => Encode(table, rows);

    /// <summary>Writes the rule.</summary>
    /// <param name="graph">The inputs, and nodes that several blocks need.</param>
    public abstract BlockOutputs Write(EncodingGraph graph);
}
