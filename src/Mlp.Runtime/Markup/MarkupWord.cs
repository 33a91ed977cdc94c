namespace Mlp.Runtime.Markup;

/// <summary>A word that the code chose, such as the name of a class, and that needs no escaping.</summary>
internal readonly record struct MarkupWord(string Word)
{
    /// <inheritdoc/>
    public override string ToString() => Word;
}
