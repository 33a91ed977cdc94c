using Apache.Arrow;
using Spectre.Console;

namespace Mlp.Spark.TestFunctions;

/// <summary>Methods that need an assembly that lies beside this one, and one that is the worker's.</summary>
public static class Dependent
{
    /// <summary>Texts as Spectre.Console escapes them, which the worker does not have.</summary>
    public static StringArray Escape(StringArray texts)
        => new StringArray.Builder().AppendRange(Enumerable.Range(0, texts.Length).Select(i => Markup.Escape(texts.GetString(i)))).Build();

    /// <summary>The same, by a type that needs it when it is first used.</summary>
    public static StringArray EscapeAtStart(StringArray texts)
        => new StringArray.Builder().AppendRange(Enumerable.Range(0, texts.Length).Select(i => Started.Escaped + texts.GetString(i))).Build();

    /// <summary>The same, with it in what the method takes.</summary>
    public static StringArray EscapeMarkup(Markup markup, StringArray texts) => markup.Length > 0 ? texts : Escape(texts);

    /// <summary>Where assemblies were loaded from: the folder of Spectre.Console, and whether Arrow is that of the caller.</summary>
    public static StringArray Where(IArrowArray column)
        => new StringArray.Builder().AppendRange(Enumerable.Repeat($"{Path.GetDirectoryName(typeof(Markup).Assembly.Location)}|{typeof(IArrowArray).Assembly.Location}", column.Length)).Build();

    private static class Started
    {
        internal static readonly string Escaped = Markup.Escape("[a]");
    }
}
