using System.Text.RegularExpressions;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Documentation;

/// <summary>What the README promises in a form that can be tried.</summary>
internal static partial class Readme
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Repository.Root, "README.md")).ReplaceLineEndings("\n");

    /// <summary>The code block: statements, then types, as in a program without a Main.</summary>
    public static string Example { get; } = Text.Split("```csharp\n")[1].Split("```")[0].TrimEnd();

    /// <summary>The install lines: package names in order.</summary>
    public static IReadOnlyList<string> Packages { get; } = [.. InstallLine().Matches(Text).Select(m => m.Groups[1].Value)];

    [GeneratedRegex(@"^dotnet add package (\S+)", RegexOptions.Multiline)]
    private static partial Regex InstallLine();
}
