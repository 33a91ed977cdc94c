using System.IO.Enumeration;

namespace Mlp.Runtime.Inference;

/// <summary>Models that the application wants served, whichever of these names there are; their settings are the options named like the pattern.</summary>
/// <param name="Pattern">A model name in which '*' stands for any characters.</param>
internal sealed record ModelPatternDeclaration(string Pattern)
{
    /// <summary>Whether a name is meant.</summary>
    /// <param name="name">Model name.</param>
    public bool Matches(string name) => FileSystemName.MatchesSimpleExpression(Pattern, name, ignoreCase: false);
}
