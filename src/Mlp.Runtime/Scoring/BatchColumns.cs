namespace Mlp.Runtime.Scoring;

/// <summary>Names of the columns that scoring adds.</summary>
public static class BatchColumns
{
    /// <summary>The score, float64.</summary>
    public const string Score = "score";

    /// <summary>Index of the predicted class, int32; -1 for regression and ranking.</summary>
    public const string PredictedClass = "predicted_class";
}
