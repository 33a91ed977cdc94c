using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>Keeps trees apart whose sums become scores in different ways: a sum of logarithms says nothing beside one of numbers.</summary>
internal static class TreeObjectiveCheck
{
    private const string Key = "objective=";

    /// <summary>Refuses earlier trees of another link than those that are trained now.</summary>
    /// <param name="booster">Trains, and has no trees yet.</param>
    /// <param name="previous">The earlier trees.</param>
    /// <exception cref="InvalidOperationException">They have another one.</exception>
    public static void ThrowIfOther(LightGbmBooster booster, LightGbmModel previous)
    {
        var objective = booster.ToText(0).Split('\n').FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal))?[Key.Length..].Trim() ?? string.Empty;
        if (LightGbmObjective.Parse(objective) != previous.Known)
        {
            throw new InvalidOperationException($"Expected trees whose sums become scores as those of the objective '{objective}' do, but found the objective '{previous.Objective}'.");
        }
    }
}
