using Mlp.Features.Definitions;
using Mlp.Features.OnDemand;
using Mlp.Runtime;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>What the user of a query is told of a task that failed.</summary>
internal static class TaskFailure
{
    /// <summary>The most characters of it.</summary>
    private const int MaximumLength = 1 << 14;

    /// <summary>The text of an error.</summary>
    /// <param name="error">The error.</param>
    public static string Describe(Exception error)
    {
        var text = error switch
        {
            // In process the cause is within the error; here its text is all that travels.
            OnDemandTransformException { InnerException: { } cause } => $"{error.Message} It said: {cause.Message}",
            FeatureDefinitionException { InnerException: OnDemandTransformException { InnerException: { } cause } } => $"{error.Message} It said: {cause.Message}",
            _ when IsExpected(error) => error.Message,
            OutOfMemoryException => "Expected memory for the batches of a task, but found too little. Make batches smaller: spark.sql.execution.arrow.maxRecordsPerBatch.",
            _ => $"The worker failed: {error.GetType().Name}: {error.Message}",
        };
        return text.Length <= MaximumLength ? text : string.Concat(text.AsSpan(0, MaximumLength), "...");
    }

    /// <summary>Whether the message of an error is a sentence for users.</summary>
    /// <param name="error">The error.</param>
    public static bool IsExpected(Exception error) => error is MlPlatformException;
}
