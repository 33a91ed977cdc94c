using Microsoft.Extensions.Options;

namespace WebApi;

/// <summary>Why the application did not start, for the one who started it.</summary>
internal static class StartFailure
{
    /// <summary>One line, without a stack trace.</summary>
    public static string SentenceOf(Exception exception) => exception switch
    {
        OptionsValidationException wrong => string.Join(" ", wrong.Failures),
        AggregateException several => string.Join(" ", several.Flatten().InnerExceptions.Select(SentenceOf)),
        _ => FirstLine(exception.Message),
    };

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}
