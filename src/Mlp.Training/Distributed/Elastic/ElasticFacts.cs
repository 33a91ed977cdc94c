namespace Mlp.Training.Distributed.Elastic;

/// <summary>Whether a newcomer is about to do the same as those that are there.</summary>
internal static class ElasticFacts
{
    /// <summary>The first difference, as the end of a sentence; null for none, or where one of the two has not said what it does.</summary>
    /// <param name="group">What those that are there do, by name; what decides the others first.</param>
    /// <param name="newcomer">What the newcomer does.</param>
    public static string? FindDifference(IReadOnlyDictionary<string, string> group, IReadOnlyDictionary<string, string> newcomer)
    {
        if (group.Count == 0 || newcomer.Count == 0)
        {
            return null;
        }

        var name = group.Keys.Union(newcomer.Keys).FirstOrDefault(n => group.GetValueOrDefault(n) != newcomer.GetValueOrDefault(n));
        return name is null ? null : $"it has {name} {newcomer.GetValueOrDefault(name) ?? "nothing"} and the others {group.GetValueOrDefault(name) ?? "nothing"}";
    }
}
