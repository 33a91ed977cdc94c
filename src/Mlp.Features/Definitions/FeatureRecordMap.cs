namespace Mlp.Features.Definitions;

/// <summary>Makes <see cref="FeatureRecordMap{T}"/>s.</summary>
internal static class FeatureRecordMap
{
    /// <summary>Maps records to a view.</summary>
    /// <typeparam name="T">The record.</typeparam>
    /// <param name="definition">The view; null for the one that the attributes of the record define.</param>
    /// <returns>The map.</returns>
    /// <exception cref="FeatureDefinitionException">The record lacks a column of the view, or has it with another type.</exception>
    public static FeatureRecordMap<T> Create<T>(FeatureViewDefinition? definition = null)
        => new(definition ?? FeatureViewDefinition.FromRecord<T>());
}
