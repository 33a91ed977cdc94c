using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Mlp.Runtime;
using Mlp.Runtime.Inference;

namespace WebApi;

/// <summary>Answers what the platform refuses with its sentence instead of a stack trace: 503 while the model is not ready, 400 for a wrong request.</summary>
internal sealed class PlatformExceptionHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        int? status = exception switch
        {
            ModelNotReadyException => StatusCodes.Status503ServiceUnavailable,
            BadHttpRequestException => StatusCodes.Status400BadRequest,
            MlPlatformException { IsTransient: true } => StatusCodes.Status503ServiceUnavailable,
            MlPlatformException => StatusCodes.Status500InternalServerError,
            _ => null,
        };
        if (status is null)
        {
            return false;
        }

        httpContext.Response.StatusCode = status.Value;
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = { Status = status, Title = exception.GetType().Name, Detail = Sentence(exception) },
        });
    }

    /// <summary>What is wrong with a body stands in the reader's exception; it names places and never repeats values.</summary>
    private static string Sentence(Exception exception) => exception switch
    {
        BadHttpRequestException { InnerException: JsonException { Path: { Length: > 1 } path } } => $"Expected a JSON body of the documented form, but the value at '{path}' cannot be read as such.",
        BadHttpRequestException { InnerException: JsonException json } when json.Message.Contains("required", StringComparison.Ordinal) => Before(json.Message, " Path:"),
        BadHttpRequestException { InnerException: JsonException } => "Expected a JSON body of the documented form, but the body is not JSON.",
        _ => exception.Message,
    };

    private static string Before(string text, string end) => text.IndexOf(end, StringComparison.Ordinal) is > 0 and var found ? text[..found] : text;
}
