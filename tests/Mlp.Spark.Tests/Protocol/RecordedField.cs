using System.Text.RegularExpressions;

namespace Mlp.Spark.Tests.Protocol;

/// <summary>A field of a recorded task.</summary>
/// <param name="Offset">Where it lies; the length where it has one.</param>
/// <param name="Type">Its type.</param>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value as text, cut short where it is long.</param>
public sealed partial record RecordedField(int Offset, string Type, string Name, string Value)
{
    /// <summary>The text of a value; null where it was cut short.</summary>
    public string? Text => TextValue().Match(Value) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex("^\\([0-9]+ bytes\\) '(.*)'$")]
    private static partial Regex TextValue();
}
