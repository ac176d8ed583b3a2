import ArgumentParser

struct TokenizeCommand: AsyncParsableCommand {
}
