namespace Mlp.Spark.Worker.Protocol;

/// <summary>What kinds of functions have in common.</summary>
internal static class EvaluationTypes
{
    /// <summary>Whether the worker runs functions of a kind.</summary>
    /// <param name="type">The kind.</param>
    public static bool IsSupported(int type) => Enum.IsDefined((EvaluationType)type);

    /// <summary>Whether each function of a task gives a column with a row for each row of the input.</summary>
    /// <param name="type">The kind.</param>
    public static bool IsScalar(EvaluationType type)
        => type is EvaluationType.ScalarPandas or EvaluationType.ScalarPandasIterator or EvaluationType.ScalarArrow or EvaluationType.ScalarArrowIterator;

    /// <summary>Whether the input comes in groups.</summary>
    /// <param name="type">The kind.</param>
    public static bool IsGrouped(EvaluationType type) => type is EvaluationType.GroupedMapPandas or EvaluationType.GroupedMapArrow;

    /// <summary>Whether arguments carry names in 4.0 and 4.1; from 4.2 on all do.</summary>
    /// <param name="type">The kind.</param>
    public static bool HasNames(EvaluationType type) => IsScalar(type);
}
