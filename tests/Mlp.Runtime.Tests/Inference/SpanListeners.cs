namespace Mlp.Runtime.Tests.Inference;

/// <summary>Tests that listen to spans, and tests of calls that allocate nothing as long as nobody does: one after the other, because a listener hears the whole process.</summary>
[CollectionDefinition(Name)]
public sealed class SpanListeners
{
    public const string Name = "Span listeners";
}
