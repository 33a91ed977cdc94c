using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlp.Runtime.Models;

/// <summary>What the outputs of a model mean, so that monitoring and routing need not ask who trained it.</summary>
public sealed record ModelOutput
{
    private const double DefaultDecisionThreshold = 0.5;

    /// <summary>For a model without a score, which is called by its inputs and outputs.</summary>
    public static ModelOutput Tensors { get; } = new() { Task = ModelTask.Tensors, ScoreOutput = string.Empty };

    /// <summary>What the model predicts.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>Name of the output tensor that holds the score; empty for <see cref="ModelTask.Tensors"/>.</summary>
    public required string ScoreOutput { get; init; }

    /// <summary>Column of the score within the output, from 0. For two columns of class probabilities the positive class is usually 1. Default 0.</summary>
    public int ScoreIndex { get; init; }

    /// <summary>Names of the classes in the order of their scores; empty for regression and ranking.</summary>
    public IReadOnlyList<string> ClassNames
    {
        get;
        init => field = value ?? [];
    }
    = [];

    /// <summary>The score at and above which a binary model says the positive class, 0 to 1. Default 0.5.</summary>
    [JsonIgnore]
    public double DecisionThreshold { get; init; } = DefaultDecisionThreshold;

    /// <summary>Which of the labels that are recorded by name is the truth of this model; null for <c>label</c>, the name of those that nobody named.</summary>
    public string? LabelName { get; init; }

    /// <summary>What the label is, in a sentence.</summary>
    public string? LabelDefinition { get; init; }

    /// <summary>Unit of the label; null for classes.</summary>
    public string? LabelUnit { get; init; }

    /// <summary>Properties that this version of the platform does not know: a later one wrote them, and an import keeps them.</summary>
    [JsonInclude]
    [JsonExtensionData]
    internal Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The threshold in files: a reader hands over null where it is absent.</summary>
    [JsonInclude]
    [JsonPropertyName("decisionThreshold")]
    internal double? StoredDecisionThreshold
    {
        get => DecisionThreshold;
        init => DecisionThreshold = value ?? DefaultDecisionThreshold;
    }
}
