namespace Mlp.Spark.Commands;

/// <summary>A public static method. Immutable.</summary>
/// <param name="Assembly">The assembly that holds it. What it refers to lies beside it, as its <c>.deps.json</c> says.</param>
/// <param name="Type">Full name of the type.</param>
/// <param name="Name">Name of the method, of which the type has one.</param>
internal sealed record MethodReference(FileReference Assembly, string Type, string Name);
